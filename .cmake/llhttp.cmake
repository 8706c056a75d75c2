# llhttp: the C sources of Debian's package node-llhttp, as the target `llhttp`.
#
# The package depends on nodejs, which nothing here needs: it is fetched and unpacked into the build
# folder instead of installed. LLHTTP_ROOT names a place where it is unpacked already (the folder that
# has share/llhttp and share/include/llhttp).
set(LLHTTP_ROOT "" CACHE PATH "where share/llhttp of the package node-llhttp is; empty: fetched")

function(llhttp_fetch folder)
  find_program(APT_GET_PROGRAM apt-get)
  find_program(DPKG_DEB_PROGRAM dpkg-deb)
  if(NOT APT_GET_PROGRAM OR NOT DPKG_DEB_PROGRAM)
    return()
  endif()
  file(MAKE_DIRECTORY ${folder})
  execute_process(COMMAND ${APT_GET_PROGRAM} download node-llhttp
    WORKING_DIRECTORY ${folder} OUTPUT_QUIET ERROR_QUIET)
  file(GLOB package ${folder}/node-llhttp_*.deb)
  if(package)
    list(GET package 0 package)
    execute_process(COMMAND ${DPKG_DEB_PROGRAM} -x ${package} ${folder} OUTPUT_QUIET ERROR_QUIET)
  endif()
endfunction()

set(llhttp_fetched ${CMAKE_BINARY_DIR}/llhttp)
set(llhttp_places ${LLHTTP_ROOT} /usr ${llhttp_fetched}/usr)
find_path(LLHTTP_SOURCES llhttp.c PATHS ${llhttp_places} PATH_SUFFIXES share/llhttp NO_DEFAULT_PATH)
if(NOT LLHTTP_SOURCES)
  llhttp_fetch(${llhttp_fetched})
  find_path(LLHTTP_SOURCES llhttp.c PATHS ${llhttp_places} PATH_SUFFIXES share/llhttp NO_DEFAULT_PATH)
endif()
find_path(LLHTTP_INCLUDE llhttp.h PATHS ${llhttp_places} PATH_SUFFIXES share/include/llhttp NO_DEFAULT_PATH)
if(NOT LLHTTP_SOURCES OR NOT LLHTTP_INCLUDE)
  message(FATAL_ERROR "llhttp is missing: `apt-get download node-llhttp` did not bring it (is the network "
    "there, was `apt-get update` run?). Unpack the package yourself (dpkg-deb -x FILE FOLDER) and give "
    "-DLLHTTP_ROOT=FOLDER/usr")
endif()

add_library(llhttp STATIC ${LLHTTP_SOURCES}/api.c ${LLHTTP_SOURCES}/http.c ${LLHTTP_SOURCES}/llhttp.c)
target_include_directories(llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE})
target_compile_options(llhttp PRIVATE -w)
