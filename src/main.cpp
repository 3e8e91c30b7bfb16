#include "base/version.h"
#include "engines/engine.h"
int main() { return 0; }
