// Package folder is a folder of blueprints as the source of what a server has:
// what each file is ([KindOf]), what applying the folder would do ([Make]), and
// how what the server has and serves differs from it ([Compare]).
//
// It reads no file and calls no server: texts and answers come in, plans go out,
// sorted. Start from [Plan].
package folder
