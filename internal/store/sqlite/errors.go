package sqlite

import (
	"errors"
	"syscall"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/aureus-agents/aureus/internal/fault"
)

// classify turns an error of the database into a fault. A fault stays as it is.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return err
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return storageFull(err)
	}
	var e *driver.Error
	if !errors.As(err, &e) {
		return fault.Wrap(err, fault.Internal, "the database refused a statement")
	}
	if e.Code() == lib.SQLITE_IOERR_SHMSIZE { // the shared memory file could not grow
		return storageFull(err)
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL:
		return storageFull(err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return corrupt(err)
	case lib.SQLITE_IOERR:
		return fault.Wrap(err, fault.Unavailable, "the disk reported an error while the database was read or written; nothing was changed. Check the disk and its file system")
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_INTERRUPT, lib.SQLITE_NOMEM:
		return fault.Wrap(err, fault.Unavailable, "the database is busy; try again")
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM, lib.SQLITE_AUTH:
		return fault.Wrap(err, fault.Unavailable, "the database file cannot be opened for writing; check the permissions of the data folder")
	case lib.SQLITE_TOOBIG:
		return fault.Wrap(err, fault.TooLarge, "the record is larger than the database can hold")
	}
	return fault.Wrap(err, fault.Internal, "the database refused a statement")
}

func storageFull(err error) error {
	return fault.Wrap(err, fault.StorageFull, "the disk is full; nothing was changed. Free some space and try again")
}

func corrupt(err error) error {
	return fault.Wrap(err, fault.Corrupt, "the database is damaged: restore the data folder from a backup, and check it with `aureus audit verify` on an export of the ledger")
}

// ruinous reports whether SQLite may have given up the whole transaction, so
// that no savepoint of it can be trusted any more.
func ruinous(err error) bool {
	var e *driver.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_NOMEM, lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB,
		lib.SQLITE_BUSY, lib.SQLITE_INTERRUPT, lib.SQLITE_READONLY:
		return true
	}
	return false
}
