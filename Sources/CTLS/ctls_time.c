// Dates of the Gregorian calendar.
#if __STDC_HOSTED__
#include "ctls_internal.h"

// Howard Hinnant's days_from_civil and civil_from_days: years begin in March, eras have 400 years.
int64_t ctls_seconds_of(const mbedtls_x509_time *time) {
  int64_t year = (int64_t)time->year - (time->mon <= 2);
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (time->mon + (time->mon > 2 ? -3 : 9)) + 2) / 5 + time->day - 1;
  int64_t days = era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
  return days * 86400 + time->hour * 3600 + time->min * 60 + time->sec;
}

bool ctls_time_of(int64_t seconds, mbedtls_x509_time *time) {
  if (seconds < 0 || seconds > CTLS_SECONDS_MAX) return false;
  int64_t days = seconds / 86400 + 719468;
  int64_t era = days / 146097, day_of_era = days % 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * day_of_year + 2) / 153;
  time->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
  time->mon = (int)(month < 10 ? month + 3 : month - 9);
  time->year = (int)(year_of_era + era * 400 + (time->mon <= 2));
  time->hour = (int)(seconds / 3600 % 24);
  time->min = (int)(seconds / 60 % 60);
  time->sec = (int)(seconds % 60);
  return true;
}
#endif
