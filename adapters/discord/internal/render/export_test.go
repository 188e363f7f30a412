package render

// Exported for tests in other packages.
const (
	LinkLimit      = linkLimit
	ButtonURLLimit = buttonURLLimit
)

func Encode(address string) string { return encode(address) }
