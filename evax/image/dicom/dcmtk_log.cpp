#include "evax/image/dicom/dcmtk_log.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/oflog/appender.h>
#include <dcmtk/oflog/oflog.h>
#include <dcmtk/oflog/spi/logevent.h>

#include <mutex>

namespace evax::image::dicom {
namespace {

// Where the warnings of the decoder that runs in this thread go; null while none runs.
thread_local std::string* current_warning = nullptr;

class WarningKeeper : public dcmtk::log4cplus::Appender {
 public:
  ~WarningKeeper() override { destructorImpl(); }
  void close() override { closed = true; }

 protected:
  void append(const dcmtk::log4cplus::spi::InternalLoggingEvent& event) override {
    if (current_warning != nullptr && current_warning->empty())
      *current_warning = event.getMessage().c_str();
  }
};

void take_over_logging() {
  auto root = dcmtk::log4cplus::Logger::getRoot();
  root.removeAllAppenders();
  root.addAppender(dcmtk::log4cplus::SharedAppenderPtr(new WarningKeeper));
  root.setLogLevel(dcmtk::log4cplus::WARN_LOG_LEVEL);
}

}  // namespace

std::string first_dcmtk_warning(const std::function<void()>& decode) {
  static std::once_flag once;
  std::call_once(once, take_over_logging);
  struct Scope {
    explicit Scope(std::string* warning) { current_warning = warning; }
    ~Scope() { current_warning = nullptr; }
  };
  std::string warning;
  {
    const Scope scope(&warning);
    decode();
  }
  return warning;
}

}  // namespace evax::image::dicom
