#include "port/ethtool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "base/own.h"

static int request(const char *ifname, void *data)
{
	struct ifreq ifr = {.ifr_data = data};
	own(fd_close) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	strncpy(ifr.ifr_name, ifname, IFNAMSIZ - 1);
	return ioctl(fd, SIOCETHTOOL, &ifr) ? -errno : 0;
}

void ethtool_driver(const char *ifname, char *driver, size_t size)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	driver[0] = '\0';
	if (request(ifname, &info))
		return;
	strncpy(driver, info.driver, size - 1);
	driver[size - 1] = '\0';
}

int ethtool_queues(const char *ifname, unsigned *n_rxq, unsigned *n_txq)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	int rc = request(ifname, &channels);

	if (rc)
		return rc;
	*n_rxq = channels.rx_count + channels.combined_count;
	*n_txq = channels.tx_count + channels.combined_count;
	return 0;
}

void ethtool_speed(const char *ifname, uint64_t *bits_per_s, bool *is_full_duplex)
{
	struct ethtool_cmd cmd = {.cmd = ETHTOOL_GSET};
	uint32_t mbits;

	*bits_per_s = 0;
	*is_full_duplex = false;
	if (request(ifname, &cmd))
		return;
	mbits = ethtool_cmd_speed(&cmd);
	if (mbits && mbits != (uint32_t)SPEED_UNKNOWN)
		*bits_per_s = mbits * 1000000ull;
	*is_full_duplex = cmd.duplex == DUPLEX_FULL;
}

static int feature_names(const char *ifname, struct ethtool_gstrings **out)
{
	own(mem_free) struct ethtool_sset_info *set = calloc(1, sizeof(*set) + sizeof(uint32_t));
	own(mem_free) struct ethtool_gstrings *names = NULL;
	int rc;

	if (!set)
		return -ENOMEM;
	set->cmd = ETHTOOL_GSSET_INFO;
	set->sset_mask = 1ull << ETH_SS_FEATURES;
	rc = request(ifname, set);
	if (rc)
		return rc;
	names = calloc(1, sizeof(*names) + (size_t)set->data[0] * ETH_GSTRING_LEN);
	if (!names)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = set->data[0];
	rc = request(ifname, names);
	if (!rc)
		*out = take_ptr(names);
	return rc;
}

/* Linear packets would have to be copied together first. */
static bool is_tx_offload(const char *name)
{
	return !strncmp(name, "tx-", 3) && strncmp(name, "tx-scatter-gather", 17);
}

int ethtool_tx_offloads_off(const char *ifname)
{
	own(mem_free) struct ethtool_gstrings *names = NULL;
	own(mem_free) struct ethtool_gfeatures *now = NULL;
	own(mem_free) struct ethtool_sfeatures *change = NULL;
	int rc = feature_names(ifname, &names);
	uint32_t n_blocks;

	if (rc)
		return rc;
	n_blocks = (names->len + 31) / 32;
	now = calloc(1, sizeof(*now) + n_blocks * sizeof(now->features[0]));
	change = calloc(1, sizeof(*change) + n_blocks * sizeof(change->features[0]));
	if (!now || !change)
		return -ENOMEM;
	now->cmd = ETHTOOL_GFEATURES;
	now->size = n_blocks;
	rc = request(ifname, now);
	if (rc)
		return rc;
	change->cmd = ETHTOOL_SFEATURES;
	change->size = n_blocks;
	for (uint32_t i = 0; i < names->len; i++) {
		const char *name = (const char *)names->data + (size_t)i * ETH_GSTRING_LEN;
		uint32_t bit = 1u << i % 32;

		if (is_tx_offload(name) && now->features[i / 32].available & bit)
			change->features[i / 32].valid |= bit;
	}
	return request(ifname, change);
}
