#pragma once
/* References between rows (RFC 7047 section 3.2, "refTable"), checked when a transaction commits.
 *
 * Strong: the row referred to must be there, and cannot go while it is referred to; if its table is
 * no root it goes when nobody refers to it any more. Weak: when the row goes, so does the
 * reference.
 *
 * Each row keeps the number of strong references from other rows, and a table of the rows that
 * refer to it weakly. A commit applies the difference that its changes make, so it costs what the
 * changes cost, whatever the size of the database.
 */
struct db_error;
struct transaction;

/* Applies the changes to the strong counts, checks that nothing refers to a row that is not there,
 * and deletes the rows that nothing refers to any more. Returns 0 or -EINVAL. */
int reference_count_strong(struct transaction *transaction, struct db_error *error);
/* Takes away weak references to rows that are not there. Returns 0, or -EINVAL if that leaves a
 * column emptier than its type allows. */
int reference_clean_weak(struct transaction *transaction, struct db_error *error);
/* Makes the changes known to the rows that they refer to weakly. Cannot be undone. */
void reference_count_weak(struct transaction *transaction);
/* Takes back what reference_count_strong() counted. Rows inserted or deleted must still be in their
 * tables. */
void reference_undo(struct transaction *transaction);
