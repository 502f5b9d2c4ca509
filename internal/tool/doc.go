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
// shell. It gets PATH, HOME, LANG, TZ and a TMPDIR of its own, what the
// blueprint sets, and nothing else of the environment; variables of Aureus
// itself (AUREUS_...) are never passed on, also when a blueprint asks. It has
// its own process group, which is ended as a whole, its own empty working folder
// (unless one of its arguments names a file beside Aureus, see [Config.Dir]),
// and on Linux the kernel kills it when Aureus dies. What it prints on stderr is
// logged at debug level, line by line and bounded.
//
// It is not kept from anything else: it runs as the same user, and can read and
// write that user's files and use the network. The function newCommand is the
// one place that builds the process.
package tool
