# Vega, Vega-Lite and our own scripts as bytecode inside the program: it needs no file at run time.
# JavaScript sees UTC as its local time, so that a chart does not depend on the machine's time zone.
target_compile_definitions(quickjs PRIVATE localtime_r=gmtime_r)

# The source package lacks three generated headers, the bytecode of Array.fromAsync and Iterator.zip*. They are read only when
# a script uses these functions; charts/globals.js removes them.
foreach(function array-fromasync iterator-zip-keyed iterator-zip)
  string(REPLACE "-" "_" array ${function})
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/charts/include/builtin-${function}.h
    CONTENT "static const uint8_t qjsc_builtin_${array}[1] = {0};\n")
endforeach()
target_include_directories(quickjs PRIVATE ${CMAKE_BINARY_DIR}/charts/include)

enable_language(ASM)
add_executable(compile_scripts ${CMAKE_SOURCE_DIR}/tools/compile_scripts.cpp)
target_link_libraries(compile_scripts PRIVATE quickjs filrouge_flags Threads::Threads m)

function(filrouge_embed_scripts target) # filrouge_embed_scripts(TARGET NAME=FILE...): a library with symbols chart_script_NAME{,_end}
  set(assembly ".section .rodata\n")
  set(outputs)
  foreach(pair ${ARGN})
    string(REGEX MATCH "^([a-z_]+)=(.+)$" _ ${pair})
    set(name ${CMAKE_MATCH_1})
    set(script ${CMAKE_MATCH_2})
    set(bytecode ${CMAKE_BINARY_DIR}/charts/${name}.bytecode)
    add_custom_command(OUTPUT ${bytecode}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/charts
      COMMAND compile_scripts ${script} ${bytecode}
      DEPENDS compile_scripts ${script}
      COMMENT "Compiling ${name} to bytecode" VERBATIM)
    list(APPEND outputs ${bytecode})
    string(APPEND assembly ".balign 16\n.global chart_script_${name}\nchart_script_${name}:\n.incbin \"${bytecode}\"\n"
      ".global chart_script_${name}_end\nchart_script_${name}_end:\n")
  endforeach()
  string(APPEND assembly ".section .note.GNU-stack,\"\",%progbits\n")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/charts/scripts.S CONTENT "${assembly}" @ONLY)
  set_source_files_properties(${CMAKE_BINARY_DIR}/charts/scripts.S PROPERTIES OBJECT_DEPENDS "${outputs}")
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/charts/scripts.S)
endfunction()

filrouge_embed_scripts(chart_scripts
  vega=${FILROUGE_DEPS}/vega/vega.min.js
  vega_lite=${FILROUGE_DEPS}/vega/vega-lite.min.js
  globals=${CMAKE_CURRENT_SOURCE_DIR}/charts/globals.js
  draw=${CMAKE_CURRENT_SOURCE_DIR}/charts/draw.js)
