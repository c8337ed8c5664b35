#include "natural.h"

#include <ctype.h>
#include <string.h>

int natural_compare(const char *a, const char *b)
{
	const char *p = a, *q = b;

	while (*p && *q) {
		if (isdigit((unsigned char)*p) && isdigit((unsigned char)*q)) {
			p += strspn(p, "0");
			q += strspn(q, "0");
			size_t p_len = strspn(p, "0123456789"), q_len = strspn(q, "0123456789");
			int order = p_len != q_len ? (p_len < q_len ? -1 : 1) : memcmp(p, q, p_len);

			if (order)
				return order;
			p += p_len;
			q += q_len;
		} else if (*p != *q) {
			return (unsigned char)*p - (unsigned char)*q;
		} else {
			p++;
			q++;
		}
	}
	return *p ? 1 : *q ? -1 : strcmp(a, b);
}
