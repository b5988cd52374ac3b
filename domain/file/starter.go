package file

// A Teller is a command that says something to another file, in words for that one. They are sealed there, and not only
// in its own; the other file hears of it by a message, which refers to them.
type Teller interface {
	Command
	// Tells is which file it tells, and the command for that one with its words. s is the teller's own file before.
	Tells(s State) (to Kind, id string, cmd Command)
	// With returns the command as its own file records it: it refers to the documents that the other one keeps.
	With(docs []Doc) Command
}

// A Starter is a command because of which a file of another kind begins. What it says to that file is not kept
// in its own: neither in its history nor among its documents.
type Starter interface {
	Command
	// Starts is the kind of the other file.
	Starts() Kind
	// Without returns the command as its own file records it: it names the other one, and says nothing that is for that.
	Without(id string) Command
	// Beginning returns the fields of the command with which the other file begins, of its own accord. s is the file
	// after the command of by.
	Beginning(s State, by string) any
}
