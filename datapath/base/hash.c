#include "base/hash.h"

#include <sys/random.h>
#include <time.h>

uint64_t hash_seed;

void hash_init(void)
{
	if (getrandom(&hash_seed, sizeof(hash_seed), 0) != sizeof(hash_seed))
		hash_seed = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15ull;
}
