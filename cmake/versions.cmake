# evax_versions(OUT): "Highway 1.0.3, DCMTK 3.6.7, ...": the libraries evax is built with.
function(evax_versions out)
  find_package(PkgConfig REQUIRED)
  set(text "")
  foreach(pair "Highway=libhwy" "DCMTK=dcmtk" "OpenJPEG=libopenjp2" "libjpeg-turbo=libjpeg"
               "libdeflate=libdeflate" "OpenSSL=openssl" "fmt=fmt")
    string(REPLACE "=" ";" pair ${pair})
    list(GET pair 0 name)
    list(GET pair 1 package)
    execute_process(COMMAND ${PKG_CONFIG_EXECUTABLE} --modversion ${package}
                    OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    list(APPEND text "${name} ${version}")
  endforeach()
  list(JOIN text ", " text)
  set(${out} ${text} PARENT_SCOPE)
endfunction()
