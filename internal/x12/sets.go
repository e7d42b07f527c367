package x12

// set is what a transaction of one implementation must and may hold: facts of
// structure, the least that lets it be read.
type set struct {
	functional string   // GS01
	version    string   // beginning of GS08 and ST03
	needs      []string // segments that must stand somewhere before the first frame
	frames     []frame
	allowed    string // segments
	unit       string // segment that begins a unit of its own; empty = the whole transaction is one
}

// frame is a part that begins with a segment and ends where one of the same or
// a lower rank begins.
type frame struct {
	start  string // "HL*22": HL with 22 in its third element; "CLM"
	loop   string // its name in a 999
	rank   int
	parent string   // HL: the levels that it may stand under; empty = outermost
	needs  []string // "NM1"; "NM1*IL" with the first element; "UM/HCR" one of them
}

// sets are the transactions that we read, by ST01.
var sets = map[string]set{
	"278": {functional: "HI", version: "005010X217", needs: []string{"BHT"}, frames: []frame{
		{"HL*20", "2000A", 0, "", nil}, {"HL*21", "2000B", 0, "20", nil}, {"HL*22", "2000C", 0, "21", []string{"NM1*IL"}},
		{"HL*23", "2000D", 0, "22", []string{"NM1"}}, {"HL*EV", "2000E", 0, "22 23", []string{"UM/HCR/AAA"}}, {"HL*SS", "2000F", 0, "EV", nil},
	}, allowed: "ST BHT HL NM1 N2 N3 N4 REF PER PRV DMG INS TRN AAA UM HCR DTP HI SV1 SV2 SV3 SV4 TOO HSD CRC CL1 CR1 CR2 CR5 CR6 CR7 CR8 MSG PWK SE"},
	"837": {functional: "HC", version: "005010X222", needs: []string{"BHT", "NM1*41", "NM1*40"}, frames: []frame{
		{"HL*20", "2000A", 0, "", []string{"NM1*85"}}, {"HL*22", "2000B", 0, "20", []string{"SBR", "NM1*IL", "NM1*PR"}}, {"HL*23", "2000C", 0, "22", []string{"PAT", "NM1*QC"}},
		{"CLM", "2300", 1, "", []string{"HI", "LX"}}, {"LX", "2400", 2, "", []string{"SV1"}},
	}, unit: "CLM", allowed: "ST BHT REF NM1 N2 N3 N4 PER HL PRV CUR SBR PAT DMG DTP CLM PWK CN1 AMT K3 NTE CR1 CR2 CR3 CR5 CR6 CR8 CRC HI HCP OI CAS MOA MEA LX SV1 SV5 QTY PS1 LIN CTP SVD LQ FRM SE"},
	"834": {functional: "BE", version: "005010X220", needs: []string{"BGN", "N1*P5", "N1*IN"}, frames: []frame{
		{"INS", "2000", 1, "", []string{"REF*0F", "NM1"}}, {"HD", "2300", 2, "", nil},
	}, unit: "INS", allowed: "ST BGN REF DTP QTY N1 ACT INS NM1 PER N3 N4 DMG EC ICM AMT HLH LUI N2 DSB HD IDC LX COB LS LE LQ HI SE"},
	"835": {functional: "HP", version: "005010X221", needs: []string{"BPR", "TRN", "N1*PR", "N1*PE"}, frames: []frame{
		{"LX", "2000", 1, "", nil}, {"CLP", "2100", 2, "", nil}, {"SVC", "2110", 3, "", nil},
	}, unit: "CLP", allowed: "ST BPR NTE TRN CUR REF DTM N1 N2 N3 N4 PER RDM LX TS3 TS2 CLP CAS NM1 MIA MOA AMT QTY SVC LQ PLB DTP SE"},
	"270": {functional: "HS", version: "005010X279", needs: []string{"BHT"}, frames: []frame{
		{"HL*20", "2000A", 0, "", []string{"NM1"}}, {"HL*21", "2000B", 0, "20", []string{"NM1"}}, {"HL*22", "2000C", 0, "21", []string{"NM1*IL"}}, {"HL*23", "2000D", 0, "22", []string{"NM1", "EQ"}},
	}, allowed: "ST BHT HL NM1 REF N3 N4 PRV DMG INS HI DTP TRN EQ AMT III SE"},
	"271": {functional: "HB", version: "005010X279", needs: []string{"BHT"}, frames: []frame{
		{"HL*20", "2000A", 0, "", nil}, {"HL*21", "2000B", 0, "20", nil}, {"HL*22", "2000C", 0, "21", nil}, {"HL*23", "2000D", 0, "22", nil},
	}, allowed: "ST BHT HL AAA NM1 PER REF N3 N4 PRV DMG INS HI DTP MPI TRN EB HSD MSG III LS LE SE"},
	"999": {functional: "FA", version: "005010X231", needs: []string{"AK1"}, allowed: "ST AK1 AK2 IK3 CTX IK4 IK5 AK9 SE"},
}
