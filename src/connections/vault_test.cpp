#include "connections/vault.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "connections/connections_fixture.hpp"

namespace backhaul::connections {
namespace {

struct VaultTest : testing::Test {
  void SetUp() override { unsetenv("BACKHAUL_MASTER_KEY"); }
  void TearDown() override { unsetenv("BACKHAUL_MASTER_KEY"); }

  [[nodiscard]] std::filesystem::path file(const std::string& name = "master.key") const { return folder.path / name; }
  Vault make(const std::string& name = "master.key") {
    const auto created = Vault::create_key(file(name));
    EXPECT_TRUE(created) << created.error().message;
    auto opened = Vault::open(file(name));
    EXPECT_TRUE(opened) << opened.error().message;
    return *opened;
  }
  std::string problem_of_opening() {
    const auto opened = Vault::open(file());
    return opened ? "" : opened.error().message;
  }
  void write(const std::string& text) {
    std::ofstream(file()) << text;
    chmod(file().c_str(), 0600);
  }

  Folder folder;
};

TEST_F(VaultTest, WhatIsSealedCanBeUnsealed) {
  const auto vault = make();
  for (const auto& text : {std::string(), std::string("secret"), std::string("a\0b", 3), std::string(100'000, 'x')}) {
    EXPECT_EQ(*vault.unseal(vault.seal(text)), text);
  }
  EXPECT_EQ(*Vault::open(file())->unseal(vault.seal("later")), "later") << "the key is the file's";
}

TEST_F(VaultTest, Law8QuietTheSealedTextShowsNothingAndDiffersEachTime) {
  const auto vault = make();
  const auto sealed = vault.seal("the secret words");
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_NE(sealed, vault.seal("the secret words"));
}

TEST_F(VaultTest, AnotherKeyOpensNothingAndSaysSo) {
  const auto sealed = make().seal("secret");
  const auto opened = make("other.key").unseal(sealed);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("master key is another one"), std::string::npos);
}

TEST_F(VaultTest, EveryChangedByteIsNoticed) {
  const auto vault = make();
  const auto sealed = vault.seal("secret");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(vault.unseal(changed)) << i;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(vault.unseal(sealed.substr(0, size))) << size;
  EXPECT_FALSE(vault.unseal(sealed + "x"));
}

TEST_F(VaultTest, Law8QuietAKeyOthersCanReadIsRefused) {
  make();
  for (const mode_t mode : {0644U, 0640U, 0604U, 0660U, 0601U}) {
    chmod(file().c_str(), mode);
    EXPECT_NE(problem_of_opening().find("chmod 600"), std::string::npos) << std::oct << mode;
  }
  chmod(file().c_str(), 0400);
  EXPECT_EQ(problem_of_opening(), "");
}

TEST_F(VaultTest, ANewKeyIsTheOwnersAloneAndOverwritesNothing) {
  make();
  struct stat info {};
  ASSERT_EQ(stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(info.st_size, 65);
  const auto again = Vault::create_key(file());
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find(file().string()), std::string::npos);
}

TEST_F(VaultTest, WithoutAKeyTheProblemSaysHowToGetOne) {
  EXPECT_NE(problem_of_opening().find("backhaul init"), std::string::npos);
}

TEST_F(VaultTest, Law8QuietAMalformedKeyIsRefusedAndNotShown) {
  for (const std::string text : {"", "0123", "not hexadecimal but as long as a key is 0123456789abcdef01234567",
                                 "00000000000000000000000000000000000000000000000000000000000000000"}) {
    write(text);
    const auto problem = problem_of_opening();
    EXPECT_NE(problem.find("64 hexadecimal digits"), std::string::npos) << text;
    EXPECT_TRUE(text.empty() || problem.find(text) == std::string::npos) << problem;
  }
  write(std::string(64, 'a') + "\r\n");
  EXPECT_EQ(problem_of_opening(), "");
}

TEST_F(VaultTest, TheEnvironmentsKeyIsUsedInPlaceOfTheFile) {
  const auto of_file = make().seal("secret");
  setenv("BACKHAUL_MASTER_KEY", std::string(64, '1').c_str(), 1);
  const auto vault = Vault::open(file("not there.key"));
  ASSERT_TRUE(vault) << vault.error().message;
  EXPECT_FALSE(vault->unseal(of_file));
  setenv("BACKHAUL_MASTER_KEY", "short", 1);
  EXPECT_NE(problem_of_opening().find("BACKHAUL_MASTER_KEY"), std::string::npos);
  EXPECT_EQ(problem_of_opening().find("short"), std::string::npos);
}

TEST(RandomTokens, AreUrlSafeLongAndDifferent) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    const auto token = random_token(24);
    EXPECT_EQ(token.size(), 32U);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_TRUE(tokens.insert(token).second);
  }
  EXPECT_NE(random_number(), random_number());
}

}  // namespace
}  // namespace backhaul::connections
