// Stored values; see board_value_read and board_value_write.
#ifndef VALUES_H
#define VALUES_H

// Finds what was stored, and logs what is wrong with the flash.
void values_start(void);

#endif
