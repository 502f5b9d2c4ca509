package generate

import "time"

func fixedNow() time.Time { return time.UnixMilli(1_700_000_000_000) }
