package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/aureus-agents/aureus/internal/store/sqlite"
	"github.com/aureus-agents/aureus/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) storetest.Store {
		return sqlite.OpenTemplate(t, filepath.Join(dir, "aureus.db"))
	})
}
