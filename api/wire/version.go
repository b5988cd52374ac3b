package wire

import (
	"fmt"
	"strconv"
	"strings"

	"koko/domain/file"
)

// VersionOrNil is a version as the record keeps it; none is nil.
func VersionOrNil(v int) *int32 {
	if v == 0 {
		return nil
	}
	n := int32(v)
	return &n
}

// SeenVersion reads If-Match: exactly one strong entity tag, as the ETag of a file gives it (RFC 9110,
// section 13.1.1). A write names what it saw, so there is no "any version".
func SeenVersion(k file.Kind, ifMatch string) (int, error) {
	tag := strings.TrimSpace(ifMatch)
	if tag == "" {
		return 0, NewProblem("precondition-required", "If-Match is missing").
			By("if_match", fmt.Sprintf("send the ETag of the %s that you decided on", k))
	}
	if strings.HasPrefix(tag, "W/") {
		return 0, NewProblem("stale", "a weak entity tag never matches").By("if_match", fmt.Sprintf("send the ETag of the %s as it was given", k))
	}
	v, err := strconv.Atoi(strings.Trim(tag, `"`))
	if err != nil || v < 1 || tag != Etag(v) {
		p := NewProblem("malformed", fmt.Sprintf("If-Match is not the ETag of the %s", k)).By("if_match", `send one tag, such as "7"`)
		p.Field = "If-Match"
		return 0, p
	}
	return v, nil
}

// Etag is a version as an entity tag.
func Etag(version int) string { return `"` + strconv.Itoa(version) + `"` }
