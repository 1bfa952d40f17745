#!/usr/bin/env bash
# Builds Debian's sources of the decoders that evax links (DCMTK's JPEG, OpenJPEG) for
# libFuzzer and AddressSanitizer into build/fuzz-decoders/lib, where tools/fuzz.sh takes them from:
# the search then sees their branches, and their errors of memory too.
set -euo pipefail
cd "$(dirname "$0")/.."
EVAX_FUZZ=ON EVAX_TRAINING=OFF tools/setup.sh
mkdir -p build/fuzz-decoders/{lib,lists/partial}
cd build/fuzz-decoders

if [ -f /etc/apt/sources.list.d/debian.sources ]; then
  sources=$PWD/debian.sources
  sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >"$sources"
else
  sources=$PWD/debian.list
  sed 's/^deb /deb-src /' /etc/apt/sources.list >"$sources"
fi
apt=(-o Dir::Etc::sourcelist="$sources" -o Dir::Etc::sourceparts=/dev/null
     -o Dir::State::lists="$PWD/lists")
apt-get "${apt[@]}" update -q
for package in dcmtk openjpeg2; do
  apt-get "${apt[@]}" source -q --download-only "$package"
  rm -rf "$package"
  dpkg-source --no-check -x "$package"_*.dsc "$package" >/dev/null
done

# Without the compares: those of decoded samples hold nothing to search for and take half the time.
export CFLAGS="-O2 -g -fno-omit-frame-pointer -fsanitize=address,fuzzer-no-link -fno-sanitize-coverage=trace-cmp -w" ASAN_OPTIONS=detect_leaks=0
export CXXFLAGS=$CFLAGS
configure() {
  cmake -S "$1" -B "$1/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
    -DBUILD_SHARED_LIBS=ON "${@:2}" >/dev/null
}
configure dcmtk -DBUILD_APPS=OFF -DCMAKE_INSTALL_DATADIC=share/dcmtk -DDCMTK_MODULES="ofstd;oflog;dcmdata;dcmimgle;dcmimage;dcmjpeg" \
  -DDCMTK_WITH_{OPENSSL,XML,TIFF,PNG,ICONV,ICU,WRAP,SNDFILE,OPENJPEG,DOXYGEN}=OFF
ninja -C dcmtk/build ijg8 ijg12 ijg16
configure openjpeg2 -DBUILD_CODEC=OFF -DBUILD_STATIC_LIBS=OFF
ninja -C openjpeg2/build
cp -a dcmtk/build/lib/libijg*.so* openjpeg2/build/bin/libopenjp2.so* lib/
