#pragma once
/* CRC-32C (Castagnoli), as SCTP has it: RFC 9260 appendix A. */
#include <stddef.h>
#include <stdint.h>

/* The CRC of a message. */
uint32_t crc32c(const uint8_t *data, size_t size);

/* How the CRC of a message changes if `size` bytes of it are XORed with `difference`, and `n_behind` bytes
 * follow them: CRCs are linear, so what does not change need not be read. To be XORed with the CRC, whose
 * least significant byte SCTP sends first. Costs the same for all n_behind. Any thread. */
uint32_t crc32c_difference(const uint8_t *difference, size_t size, size_t n_behind);
