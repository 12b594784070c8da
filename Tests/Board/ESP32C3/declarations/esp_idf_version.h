// Which ESP-IDF; the test passes MAJOR.
#ifndef ESP_IDF_VERSION_H
#define ESP_IDF_VERSION_H

#define ESP_IDF_VERSION_MAJOR MAJOR

const char *esp_get_idf_version(void);

#endif
