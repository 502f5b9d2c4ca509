package sqlite

import (
	"database/sql"
	"errors"
	"strconv"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

var versions = kind[resource.Version]{
	what: "version", table: "versions", keys: []string{"agent", "digest"},
}

// InsertVersion implements control.VersionWriter.
func (w *writer) InsertVersion(v resource.Version) error {
	manifest, err := encode(v.Manifest)
	if err != nil {
		return err
	}
	v.Manifest = nil
	doc, err := encode(v)
	if err != nil {
		return err
	}
	n, err := w.exec("INSERT INTO versions (agent, number, digest, doc, manifest, drill) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		v.Agent, v.Number, v.Digest, doc, manifest, number(v.Drill))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "agent %q has version %d or this content already", v.Agent, v.Number)
	}
	return err
}

// SetQuarantine implements control.VersionWriter.
func (w *writer) SetQuarantine(agent, digest string, q *resource.Quarantine) error {
	v, err := get(w.reader, versions, agent, digest)
	if err != nil {
		return err
	}
	v.Quarantine = q
	doc, err := encode(v)
	if err != nil {
		return err
	}
	_, err = w.exec("UPDATE versions SET doc = $1 WHERE agent = $2 AND digest = $3", doc, agent, digest)
	return err
}

// VersionByDigest implements control.VersionReader.
func (r reader) VersionByDigest(agent, digest string) (resource.Version, error) {
	if agent == "" {
		return r.version("WHERE digest = $1 ORDER BY seq LIMIT 1", digest)
	}
	return r.version("WHERE agent = $1 AND digest = $2", agent, digest)
}

// VersionByNumber implements control.VersionReader.
func (r reader) VersionByNumber(agent string, number int) (resource.Version, error) {
	return r.version("WHERE agent = $1 AND number = $2", agent, number)
}

// LatestVersion implements control.VersionReader.
func (r reader) LatestVersion(agent string) (resource.Version, error) {
	return r.version("WHERE agent = $1 AND drill = 0 ORDER BY number DESC LIMIT 1", agent)
}

func (r reader) version(tail string, args ...any) (v resource.Version, err error) {
	var doc, manifest []byte
	err = r.one("SELECT doc, manifest FROM versions "+tail, args, &doc, &manifest)
	if errors.Is(err, sql.ErrNoRows) {
		return v, missing("version", args...)
	}
	if err == nil {
		err = decode(doc, &v)
	}
	if err == nil {
		err = decode(manifest, &v.Manifest)
	}
	return v, err
}

// Versions implements control.VersionReader.
func (r reader) Versions(agent string, p control.Page) ([]resource.Version, error) {
	var f filter
	f.add("agent = ?", agent)
	if p.After != "" {
		n, err := strconv.Atoi(p.After)
		if err != nil {
			return nil, fault.New(fault.Invalid, "a page of versions goes on after a version number, not %q", p.After)
		}
		f.add("number < ?", n)
	}
	return list(r, versions, f.where()+" ORDER BY number DESC LIMIT "+strconv.Itoa(limit(p)), f.args...)
}

// Agents implements control.VersionReader.
func (r reader) Agents() ([]string, error) {
	out := []string{}
	err := r.each("SELECT DISTINCT agent FROM versions ORDER BY agent", nil, func(rows *sql.Rows) error {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		out = append(out, name)
		return nil
	})
	return out, err
}
