#pragma once

#include "evax/core/box.h"
#include "evax/data/localization/boxes.h"
#include "evax/weights/config.h"

namespace evax::evaluation {

/// Where a box and what the network saw lie on the picture that both are measured on.
struct Place {
  int width = 0, height = 0;      // of the picture
  Box seen;                       // may reach beyond the picture
  Box box;                        // within the picture
  double unit_x = 1, unit_y = 1;  // pixels of the list's boxes in one of the picture
};

/// On the X-ray [height, width] itself, crop and resize undone. A pixel is the box's when its
/// centre is; what reaches beyond the X-ray is cut off. `box_size` as in BoxList. Throws Error, the
/// reason alone, when no pixel is left.
Place place_on_xray(const data::Rectangle& box, int box_size, int width, int height,
                    const weights::Preprocess& preprocess);

/// On the network's input, to which the X-ray [height, width] is squashed, as in the paper's code:
/// each of x, y, width and height is int(int(v) / extent * size) (spec E.1). The same errors.
Place place_on_input(const data::Rectangle& box, int box_size, int width, int height, int size);

}  // namespace evax::evaluation
