# Warnings, sanitizers, the linker and the compiler cache: the same for every target of ours.
add_library(filrouge_flags INTERFACE)
target_compile_options(filrouge_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Werror -Wno-missing-field-initializers>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # At -O2, g++ 12 warns of overlaps and overflows inside its own std::string that cannot happen (gcc bugs 105329, 105651).
  target_compile_options(filrouge_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds>)
endif()
if(FILROUGE_SANITIZE)
  add_compile_options(-fsanitize=${FILROUGE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FILROUGE_SANITIZE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  add_compile_options(-fpch-preprocess)
endif()
