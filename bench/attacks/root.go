package attacks

import (
	"errors"
	"os"
	"path/filepath"
)

// Root is the folder of the product's module: the first one upwards that has the
// built-in policies.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "internal", "guard", "builtin.cedar")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("run it inside the repository")
		}
		dir = up
	}
}
