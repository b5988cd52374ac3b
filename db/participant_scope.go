package db

// Holders returns the parameters of ListHolders.
func (s EnrolmentScope) Holders(ids []string) ListHoldersParams {
	return ListHoldersParams{
		FileIDs: ids, Caller: s.Caller, Teaches: s.teaches(),
		Area: words(s.Area), Own: words(s.Own), Led: words(s.Led), Taught: words(s.Taught), Assessed: words(s.Assessed),
	}
}
