#pragma once
// Text on its way to a person or through a limit: cut without breaking a character, and without shoppers' e-mail
// addresses.

#include <cstddef>
#include <string>
#include <string_view>

namespace backhaul::connectors::loop {

// The longest beginning of UTF-8 `text` that has at most `bytes_max` bytes and ends between characters.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);

// Without white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

// Lower case, ASCII only.
[[nodiscard]] std::string lower(std::string_view text);

// A vendor's words made fit for a Failure: on one line, words that look like e-mail addresses replaced, at most 500
// bytes.
[[nodiscard]] std::string presentable(std::string_view words);

// A note as Loop takes it: at most 254 bytes ("less than 255 characters", contract 4.1), an ellipsis where it was cut,
// and the reference behind it.
[[nodiscard]] std::string note_content(std::string_view text, std::string_view reference = {});

}  // namespace backhaul::connectors::loop
