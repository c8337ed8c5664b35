#pragma once
/* The order in which people look for names: veth2 before veth10. */

/* Like strcmp(3), with runs of digits compared as numbers. Never 0 for different texts. */
int natural_compare(const char *a, const char *b);
