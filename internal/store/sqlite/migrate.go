package sqlite

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/aureus-agents/aureus/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema, ours and the job engine's, to this program's version.
func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return classify(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.writer, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return classify(err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return classify(err)
	}
	want := slices.MaxFunc(p.ListSources(), func(a, b *goose.Source) int { return int(a.Version - b.Version) }).Version
	switch {
	case have > want:
		return newerSchema("schema", int(have), int(want))
	case have < want:
		if _, err := p.Up(ctx); err != nil {
			return classify(err)
		}
	}
	return db.migrateJobs(ctx)
}

// migrateJobs brings the job engine's tables to the version of its library.
func (db *DB) migrateJobs(ctx context.Context) error {
	m, err := rivermigrate.New(riversqlite.New(db.writer), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return classify(err)
	}
	known := m.AllVersions()
	want := known[len(known)-1].Version
	have, err := db.jobSchema(ctx)
	switch {
	case err != nil:
		return err
	case have > want:
		return newerSchema("job schema", have, want)
	case have < want:
		if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return classify(err)
		}
	}
	return nil
}

// jobSchema is the version of the job engine's tables, 0 when there are none.
func (db *DB) jobSchema(ctx context.Context) (int, error) {
	var tables, version int
	err := db.writer.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE name = 'river_migration'").Scan(&tables)
	if err != nil || tables == 0 {
		return 0, classify(err)
	}
	err = db.writer.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM river_migration").Scan(&version)
	return version, classify(err)
}

func newerSchema(what string, have, want int) error {
	return fault.New(fault.Conflict, "the database has %s version %d and this program knows %d: a newer Aureus made it. Use that version, or another data folder", what, have, want)
}
