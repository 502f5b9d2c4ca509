package sqlite_test

import (
	"os"
	"testing"
)

// childEnv names the data folder of a child process that this test binary is
// started as again, to be killed or to hit the end of a disk.
const childEnv = "AUREUS_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		child(dir)
		os.Exit(0)
	}
	os.Exit(m.Run())
}
