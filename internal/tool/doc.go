// Package tool reaches MCP servers: child processes on stdio and servers over
// streamable HTTP. It pins the tools that a blueprint uses, gives the live tools
// of a version, and refuses a tool that is no longer the pinned one.
//
// Start from [New]: [Adapters.Discover] pins, [Adapters.Open] gives the tools,
// [Adapters.Catalog] lists what servers offer.
//
// # What a child process is kept from
//
// A server on stdio runs as a child of Aureus, by its argv and never through a
// shell, in a sandbox (package sandbox; docs/sandbox.md) unless its blueprint asks
// for none. It gets PATH, LANG, TZ, a HOME and a TMPDIR of its own, what the
// blueprint sets, and nothing else of the environment; variables of Aureus itself
// (AUREUS_...) are never passed on, also when a blueprint asks. It has its own
// process group, which is ended as a whole, and on Linux the kernel kills it when
// Aureus dies. What it prints on stderr is logged at debug level, line by line and
// bounded.
//
// The function newCommand is the one place that builds the process; views decides
// what of the machine it sees. Without a sandbox a child runs as the same user in
// an empty folder (unless one of its arguments names a file beside Aureus, see
// [Config.Dir]), and can read and write that user's files and use the network.
package tool
