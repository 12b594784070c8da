#include "ctls.h"
typedef int ctls_placeholder;
