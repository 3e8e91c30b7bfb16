// What every target of tests/fuzz/ asks of its input: taken or refused by an exception, never a crash, a hang or a
// leak. Where a reader promises more, MUST ends the program when it is not so, in every build.
#pragma once

#include <cstdint>
#include <cstdlib>

#define MUST(condition) ((condition) ? (void)0 : std::abort())

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
