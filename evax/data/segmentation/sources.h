#pragma once

#include "evax/data/segmentation/annotated.h"

namespace evax::data {

/// The readers behind read_annotated, which checks how many paths there are.
AnnotatedSet read_siim(const AnnotatedSource& source);
AnnotatedSet read_rsna(const AnnotatedSource& source);
AnnotatedSet read_shenzhen(const AnnotatedSource& source);
AnnotatedSet read_montgomery(const AnnotatedSource& source);
AnnotatedSet read_jsrt(const AnnotatedSource& source);
AnnotatedSet read_v7(const AnnotatedSource& source);
AnnotatedSet read_pairs(const AnnotatedSource& source);

}  // namespace evax::data
