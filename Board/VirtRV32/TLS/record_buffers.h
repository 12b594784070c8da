// Memory for mbedTLS's record buffers, apart from its pool.
#ifndef TLS_RECORD_BUFFERS_H
#define TLS_RECORD_BUFFERS_H

#include <stddef.h>

// In bytes: what there is, what is used, and the most that ever was.
size_t record_buffers_size(void);
size_t record_buffers_used(void);
size_t record_buffers_peak(void);

#endif
