// What mbedTLS needs of the board.
#ifndef TLS_H
#define TLS_H

// Gives mbedTLS its memory. Once, before any other call of it.
void tls_start(void);

#endif
