#define TENSOR_LEVEL portable
#include "tensor_level.h"
