#pragma once
/* What vswitch_new() does for vswitch_settle() (switch/vswitch.h): see adopt.c. Control thread only. */

struct vswitch;

/* When the parts are there, before any bridge: keeps what the kernel's entries need. 0 or -ENOMEM. */
int adopt_begin(struct vswitch *sw);
/* When the port table is there: no new port gets the number of an old one. */
void adopt_numbers(struct vswitch *sw);
