// predict MODEL IMAGE: what `evax predict MODEL IMAGE --format jsonl` prints.

#include <evax/evax.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: predict MODEL IMAGE\n";
    return 2;
  }
  try {
    const evax::Predictor predictor(argv[1]);
    std::cout << to_json(predictor.predict(evax::image::read(argv[2]), argv[2])) << "\n";
  } catch (const evax::Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
