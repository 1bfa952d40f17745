# The library target evax_torch: LibTorch's headers, libraries and run path, from TORCH_DIR (the
# `torch` folder of a pip installation; tools/setup.sh puts one into .torch). The libraries are named
# one by one instead of through TorchConfig.cmake, which wants a CUDA toolkit beside a CUDA wheel.
set(TORCH_DIR "$ENV{TORCH_DIR}" CACHE PATH "The torch folder of a pip installation")
if(NOT TORCH_DIR)
  set(TORCH_DIR "${PROJECT_SOURCE_DIR}/.torch/torch")
endif()
if(NOT EXISTS "${TORCH_DIR}/include/ATen/ATen.h")
  message(FATAL_ERROR "no LibTorch in ${TORCH_DIR}: run tools/setup.sh, set TORCH_DIR, or configure with "
                      "-DEVAX_TRAINING=OFF")
endif()

add_library(evax_torch INTERFACE)
target_include_directories(evax_torch SYSTEM INTERFACE
  "${TORCH_DIR}/include" "${TORCH_DIR}/include/torch/csrc/api/include")
# The wheel has c10d's Gloo backend inside but no Gloo headers: Debian's libgloo-dev serves them.
# Its own newer fmt hides the system's: header-only, the two live side by side.
target_compile_definitions(evax_torch INTERFACE USE_C10D_GLOO USE_DISTRIBUTED FMT_HEADER_ONLY)
# What calls LibTorch leaves the arithmetic to it: a third of the compile time is worth more than its speed.
target_compile_options(evax_torch INTERFACE $<$<CONFIG:Release>:-O1>)
target_link_libraries(evax_torch INTERFACE
  "${TORCH_DIR}/lib/libtorch.so" "${TORCH_DIR}/lib/libtorch_cpu.so" "${TORCH_DIR}/lib/libc10.so")
target_link_options(evax_torch INTERFACE "LINKER:-rpath,${TORCH_DIR}/lib" "LINKER:--no-as-needed")

# One precompiled header for every file that knows LibTorch: evax_reuse_pch(TARGET evax_torch_pch).
add_library(evax_torch_pch STATIC "${PROJECT_SOURCE_DIR}/cmake/torch_pch.cpp")
target_link_libraries(evax_torch_pch PUBLIC evax_options evax_torch)
target_precompile_headers(evax_torch_pch PRIVATE "${PROJECT_SOURCE_DIR}/cmake/torch_pch.h")
