// The network stack; Board/VirtRV32/Net has it.
#ifndef NETWORK_H
#define NETWORK_H

// Starts the card and the stack. Before the first board_tcp_*, board_link_state or board_idle.
void network_start(void);

#endif
