package sqlite

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// readerConns is the size of the pool of readers.
const readerConns = 16

// quickCheckLimit is the size up to which the structure of the whole file is
// checked at every start. A larger file is checked page by page as it is read.
const quickCheckLimit = 16 << 20

// DB is an open database. It is safe for concurrent use.
type DB struct {
	path    string
	lock    *os.File
	writer  *sql.DB // one connection
	readers *sql.DB
	wstmts  *stmts
	rstmts  *stmts
	jobs    *river.Client[*sql.Tx] // enqueues only
	working sync.Mutex             // held by RunJobs

	lostEvery time.Duration

	requests  chan *request
	readSlots chan struct{}
	closing   chan struct{}
	committed chan struct{} // closed when the committer has ended
	pending   chan struct{} // holds one signal: events wait for the sequencer
	closeOnce sync.Once
	closeErr  error
}

var _ control.Store = (*DB)(nil)

// Open opens the database at path and makes it, and its folder, when it does not
// exist. Errors: fault.Conflict when another process has it open or when a newer
// version of the schema is in it; fault.Corrupt; fault.StorageFull.
func Open(path string) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the path of the database is not usable")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the data folder %s cannot be made", filepath.Dir(path))
	}
	lock, err := acquire(path + ".lock")
	if err != nil {
		return nil, err
	}
	db := &DB{
		path: path, lock: lock, lostEvery: lostEvery,
		requests:  make(chan *request),
		readSlots: make(chan struct{}, readerConns),
		closing:   make(chan struct{}),
		committed: make(chan struct{}),
		pending:   make(chan struct{}, 1),
	}
	if err := db.start(); err != nil {
		_ = db.closeFiles() // err says more
		return nil, err
	}
	go db.commitLoop()
	db.signal() // what a crash left unsequenced
	return db, nil
}

func (db *DB) start() error {
	// SQLite would make the file with the umask's permissions; the files beside it
	// get those of this one.
	f, err := os.OpenFile(db.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the database file %s cannot be opened", db.path)
	}
	if err := f.Close(); err != nil {
		return classify(err)
	}
	if db.writer, err = sql.Open("sqlite", dsn(db.path, "_txlock=immediate&_pragma=wal_autocheckpoint(4000)")); err != nil {
		return classify(err)
	}
	// With one connection for the committer and the job engine alike, writers queue
	// in Go and never meet SQLITE_BUSY.
	db.writer.SetMaxOpenConns(1)
	if db.readers, err = sql.Open("sqlite", dsn(db.path, "_pragma=query_only(1)")); err != nil {
		return classify(err)
	}
	db.readers.SetMaxOpenConns(readerConns)
	db.readers.SetMaxIdleConns(readerConns)
	if err := db.quickCheck(); err != nil {
		return err
	}
	if err := db.migrate(background); err != nil {
		return err
	}
	db.wstmts, db.rstmts = newStmts(db.writer), newStmts(db.readers)
	return db.openJobs()
}

// dsn is the data source name; busy_timeout comes first so that the pragmas
// after it wait too.
func dsn(path, more string) string {
	u := url.URL{Scheme: "file", Path: path}
	return u.String() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)&" + more
}

// quickCheck finds a damaged file before it is used.
func (db *DB) quickCheck() error {
	info, err := os.Stat(db.path)
	if err != nil || info.Size() > quickCheckLimit {
		return classify(err)
	}
	var answer string
	if err := db.writer.QueryRowContext(background, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return classify(err)
	}
	if answer != "ok" {
		return corrupt(errors.New(answer))
	}
	return nil
}

// signal tells the sequencer that events wait.
func (db *DB) signal() {
	select {
	case db.pending <- struct{}{}:
	default:
	}
}

// Close waits for the batch and the views that run, refuses every later
// update and view with fault.Unavailable, and closes the files. Jobs must have stopped.
func (db *DB) Close() error {
	db.closeOnce.Do(func() {
		close(db.closing)
		<-db.committed
		for range readerConns { // views that run finish first
			db.readSlots <- struct{}{}
		}
		db.closeErr = db.closeFiles()
	})
	return db.closeErr
}

func (db *DB) closeFiles() error {
	var errs []error
	if db.readers != nil {
		if db.rstmts != nil {
			db.rstmts.close()
		}
		errs = append(errs, db.readers.Close())
	}
	if db.writer != nil {
		if db.wstmts != nil {
			db.wstmts.close()
		}
		errs = append(errs, db.writer.Close())
	}
	errs = append(errs, release(db.lock))
	return classify(errors.Join(errs...))
}
