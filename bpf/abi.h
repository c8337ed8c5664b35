#pragma once
/* What the kernel side and the daemon must agree on. (Headers on the wire: bpf/wire.h.)
 *
 * Sizes are asserted on both sides. Fields are in host byte order unless the type says be16/be32.
 */
#include <linux/bpf.h>

#include "abi_cache.h"
#include "abi_drop.h"
#include "abi_key.h"
#include "abi_meter.h"
#include "abi_op.h"
#include "abi_port.h"
#include "abi_upcall.h"
#include "wire.h"
