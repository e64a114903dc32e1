/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which workers accept, on which CPUs they run, and which listeners are theirs.
 */
#ifndef _TUX_PLACEMENT_H
#define _TUX_PLACEMENT_H

struct tux_net;
struct tux_server;

int tux_placement_init(void);
void tux_placement_exit(void);
int tux_placement_watch(struct tux_net *tn);
void tux_placement_unwatch(struct tux_net *tn);
int tux_placement_update(struct tux_server *srv);
void tux_placement_set_crowd(struct tux_server *srv);

#endif /* _TUX_PLACEMENT_H */
