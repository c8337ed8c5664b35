#pragma once
/* A frame of each class of packets that the switch tells apart. */

#define N_PATTERNS   13
#define PATTERN_SIZE 80

struct pattern {
	unsigned char byte[PATTERN_SIZE];
} __attribute__((aligned(8)));

/* `patterns`: N_PATTERNS of them. */
void patterns_init(struct pattern *patterns, const unsigned char *dst, const unsigned char *src);
