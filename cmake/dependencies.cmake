# Third-party code: static libraries from Debian, and what tools/fetch.sh put into FILROUGE_DEPS.
if(NOT EXISTS ${FILROUGE_DEPS}/duckdb/duckdb.h)
  message(FATAL_ERROR "third-party code is missing: run tools/fetch.sh (make demo does)")
endif()
find_package(Threads REQUIRED)

function(filrouge_static_library target file) # an IMPORTED target for a Debian static library
  find_library(${target}_file ${file} REQUIRED)
  add_library(${target} INTERFACE IMPORTED)
  target_link_libraries(${target} INTERFACE ${${target}_file} ${ARGN})
endfunction()
filrouge_static_library(libyaml libyaml.a)
filrouge_static_library(sqlite libsqlite3.a Threads::Threads ${CMAKE_DL_LIBS} m)
filrouge_static_library(xxhash libxxhash.a)
filrouge_static_library(zlib libz.a)
filrouge_static_library(minizip libminizip.a zlib)
filrouge_static_library(deflate libdeflate.a)
filrouge_static_library(zstd libzstd.a)
filrouge_static_library(crypto libcrypto.a Threads::Threads ${CMAKE_DL_LIBS})
filrouge_static_library(ssl libssl.a crypto)

# Eigen, for linear models: headers only.
find_path(eigen_headers Eigen/Dense PATH_SUFFIXES eigen3 REQUIRED)
add_library(eigen INTERFACE IMPORTED)
target_include_directories(eigen SYSTEM INTERFACE ${eigen_headers})

# DuckDB with its icu, json, parquet, tpch and tpcds extensions. -rdynamic lets a loaded extension find it.
set(duckdb_archives)
foreach(name static generated_extension_loader)
  list(APPEND duckdb_archives ${FILROUGE_DEPS}/duckdb/libduckdb_${name}.a)
endforeach()
foreach(name autocomplete core_functions icu json parquet tpcds tpch)
  list(APPEND duckdb_archives ${FILROUGE_DEPS}/duckdb/lib${name}_extension.a)
endforeach()
foreach(name fastpforlib fmt fsst hyperloglog mbedtls miniz pg_query re2 skiplistlib utf8proc yyjson zstd)
  list(APPEND duckdb_archives ${FILROUGE_DEPS}/duckdb/libduckdb_${name}.a)
endforeach()
add_library(duckdb INTERFACE IMPORTED)
target_include_directories(duckdb SYSTEM INTERFACE ${FILROUGE_DEPS}/duckdb)
target_compile_definitions(duckdb INTERFACE DUCKDB_STATIC_BUILD)
target_link_libraries(duckdb INTERFACE
  -Wl,--start-group ${duckdb_archives} -Wl,--end-group Threads::Threads ${CMAKE_DL_LIBS} m)
target_link_options(duckdb INTERFACE -rdynamic)

# QuickJS-ng runs Vega when charts are drawn.
add_library(quickjs STATIC EXCLUDE_FROM_ALL
  ${FILROUGE_DEPS}/quickjs/quickjs.c ${FILROUGE_DEPS}/quickjs/dtoa.c
  ${FILROUGE_DEPS}/quickjs/libregexp.c ${FILROUGE_DEPS}/quickjs/libunicode.c)
target_include_directories(quickjs SYSTEM PUBLIC ${FILROUGE_DEPS}/quickjs)
target_compile_definitions(quickjs PRIVATE _GNU_SOURCE)
target_compile_options(quickjs PRIVATE -O2 -w)
