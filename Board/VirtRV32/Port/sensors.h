// The board's sensors, which are models (Board/Models).
#ifndef SENSORS_H
#define SENSORS_H

// Reads the configuration of the sensors, and logs what is wrong with it:
//
//   sensor        shtc3, or chip: readings come from the chip's thermometer        (shtc3)
//   sensor-fault  absent, absent:N, crc or crc:N, see shtc3_model.h                (none)
//   weather       CSV as in Simulator/Data; each reading takes the next row        (a summer day)
void sensors_start(void);

#endif
