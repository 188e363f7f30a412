package render

// These are for the tests outside.
const (
	LinkLimit      = linkLimit
	ButtonURLLimit = buttonURLLimit
)

func Encode(address string) string { return encode(address) }
