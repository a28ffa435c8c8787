#pragma once
// What goes to PostgreSQL and comes from it: parameters and rows, both in its binary format, so that no text is quoted
// and no number printed. Types are said with each parameter; the server guesses nothing.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "store/types.hpp"

struct pg_result;

namespace backhaul::store::postgres {

// The server or the connection to it said no. Codes are read, never texts.
struct PgError {
  std::string state;  // SQLSTATE; empty: the connection failed, and whether the server did what was asked is not known
  std::string message;

  [[nodiscard]] bool lost() const;          // this connection cannot be used any more
  [[nodiscard]] bool concerns_all() const;  // each part of a transaction alone would fail as well
  [[nodiscard]] bool try_again() const;     // another transaction was in the way
};
[[nodiscard]] Error to_error(const PgError& error);

// The bytes of a bytea; text parameters are std::string_view. What is not UTF-8, or holds a zero byte, cannot be text
// in PostgreSQL: such bytes become '?'.
struct Blob {
  std::string_view bytes;
};

// Does the same in place, for what is compared with what was stored.
void make_text(std::string& text);
// Whether it can be text as it is.
[[nodiscard]] bool is_text(std::string_view text);

class Params {
 public:
  void add(std::int64_t value);
  void add(bool value);
  void add(std::string_view text);
  void add(Blob blob);
  void add(const std::vector<std::int64_t>& values);
  void add(const std::vector<bool>& values);
  void add(const std::vector<std::string_view>& values);
  void add(const std::vector<std::string>& values);
  void add(const std::vector<Blob>& values);

  template <class T>
  void add_any(const T& value) {
    if constexpr (IsOptional<T>::value) {
      add_any(value.value_or(typename T::value_type{}));
      if (!value) values_.back().null = true;
    } else if constexpr (std::is_same_v<T, Time>) {
      add(value.ms);
    } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, Blob>) {
      add(value);
    } else if constexpr (std::is_integral_v<T>) {
      add(static_cast<std::int64_t>(value));
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
      add(std::string_view(value));
    } else if constexpr (requires { value.value; }) {
      add_any(value.value);
    } else {
      add(value);
    }
  }

  [[nodiscard]] int size() const { return static_cast<int>(values_.size()); }
  [[nodiscard]] const std::vector<std::uint32_t>& types() const { return types_; }
  // As libpq wants them; valid until the next add.
  struct Raw {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  [[nodiscard]] Raw raw() const;

 private:
  template <class T>
  struct IsOptional : std::false_type {};
  template <class T>
  struct IsOptional<std::optional<T>> : std::true_type {};
  struct Value {
    std::size_t from = 0;
    std::size_t size = 0;
    bool null = false;
  };

  void begin(std::uint32_t type);
  void end();
  void begin_array(std::uint32_t type, std::uint32_t element, std::size_t count);
  void put32(std::uint32_t value);
  void put64(std::int64_t value);

  std::string bytes_;
  std::vector<Value> values_;
  std::vector<std::uint32_t> types_;
};

class Rows;

class Row {
 public:
  Row(const Rows& rows, int at) : rows_(&rows), at_(at) {}
  [[nodiscard]] std::int64_t number(int column) const;  // NULL is 0
  [[nodiscard]] bool flag(int column) const { return number(column) != 0; }
  [[nodiscard]] std::string_view text(int column) const;  // also of a bytea; NULL is empty; valid while the rows are
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] Time time(int column) const { return Time{number(column)}; }
  template <class Id>
  [[nodiscard]] Id id(int column) const {
    return Id{number(column)};
  }

 private:
  const Rows* rows_;
  int at_;
};

// One statement's answer.
class Rows {
 public:
  Rows() = default;
  explicit Rows(pg_result* result) : result_(result, &clear) {}

  [[nodiscard]] int size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] Row operator[](int at) const { return {*this, at}; }
  [[nodiscard]] std::int64_t changed() const;  // rows inserted, updated or deleted
  [[nodiscard]] pg_result* get() const { return result_.get(); }

  class Iterator {
   public:
    Iterator(const Rows& rows, int at) : rows_(&rows), at_(at) {}
    Row operator*() const { return {*rows_, at_}; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Rows* rows_;
    int at_;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size()}; }

 private:
  static void clear(pg_result* result);
  std::shared_ptr<pg_result> result_;
};

}  // namespace backhaul::store::postgres
