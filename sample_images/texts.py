"""Texts: what the samples say, made up for this project, line by line as printed."""

LETTER = """\
Harbour House, 14 March 1887

Dear Miss Ellery,

I write to thank you for the two boxes of papers
which reached us on Tuesday by the carrier's cart.
The minute books of the Seed Society (1841-1863)
are in better order than I had dared to hope; only
the last volume has suffered from the damp.

My clerk has begun a list. He counts 212 letters,
37 printed bills and one map of the old quay, drawn
in ink and coloured by hand. "It is the only one of
its kind," he says, and I believe him.

May we keep the boxes until Michaelmas? We should
like to copy the accounts, which name the price of
oats, barley and lamp oil for each week, and the
wages paid to 19 men and 6 women.

Please give my regards to your brother. If he still
has the key of the tin chest, we shall gladly send
someone to fetch it; the postage is 4d.

I remain, dear Madam, yours faithfully,

Josiah Penrose, Keeper of the Rolls"""

GAZETTE_HEAD = "THE QUAYSIDE GAZETTE"

GAZETTE_DATE = "Saturday, 9 October 1909 - No. 1,284 - Price one penny"

GAZETTE_LEFT = """\
NEW LAMPS FOR THE PIER

The lighting committee met on
Thursday at the Town Hall and
resolved, by 7 votes to 2, that
the oil lamps on the east pier
be replaced before the winter.
Twelve electric lamps will be
set up at a cost of £340, which
the harbour dues are to meet.

Captain Rowe asked whether the
fishing boats might be dazzled
on entering. The engineer ans-
wered that the light would be
shaded on the side of the sea.

A HEAVY CATCH

The smack Good Intent landed
her largest catch of the year
on Monday: 46 baskets of her-
ring and 11 of mackerel. Prices
fell to 3s. a basket by noon,
and the carts were sent as far
as the villages on the moor."""

GAZETTE_RIGHT = """\
THE READING ROOM

Since its opening in May the
reading room has lent out 1,906
volumes. Travels and sermons
are most in demand; novels,
the librarian reports, are
returned the soonest and in the
worst condition.

Readers are reminded that no
book may be kept longer than
fourteen days. The fine is one
penny for each week.

WEATHER

Fresh winds from the south-
west, with rain on Sunday. The
glass stood at 29.6 inches when
we went to press.

LOST, near the corn market, a
silver watch with a black rib-
bon. The finder is asked to
bring it to Mrs. Dunn, 5 Net
Lane, who offers a reward."""

GAZETTE = "\n".join([GAZETTE_HEAD, GAZETTE_DATE, GAZETTE_LEFT, GAZETTE_RIGHT])

DIARY = """\
Friday, 3 February 1871

Snow again in the night, eleven inches
by the church wall. The mail coach did
not come through, and we have had no
newspaper for six days.

Walked to the mill with Thomas. The
wheel is frozen fast, but the miller
has flour enough for three weeks. He
asked 2s. 6d. for a sack and I paid it.

In the evening I read aloud from the
old travels. Mother slept; Anne wound
wool and wished to know how far it is
to Lisbon. About 900 miles, I said.

Saturday, 4 February

A thaw at last. Water in the cellar."""

SHIP_LOG = """\
Log of the brig Mary Hallam
Bristol to Halifax, 1852

Day 17. Wind north-west, strong. Took
in two reefs at daybreak. Distance run
by noon 141 miles, latitude 47 degrees.

Day 18. Sea very high. A cask of water
broke loose and hurt the cook's arm.
He is able to stand but not to work.

Day 19. Weather clearing. Passed three
whales, and at 4 o'clock a Danish ship
bound east, which asked our longitude.

Day 20. Calm. All hands mending sails.
Bread is good, the cheese is spoiled.
There are 23 barrels of beef left.

Day 21. A light breeze from the south.
The mate saw gulls before sunset, and
we expect the banks within two days."""

ALMANAC = """\
Kalender für den Landmann
auf das Jahr 1868

Mai, der Wonnemonat, hat 31 Tage.

Der Tag nimmt um 1 Stunde und 16 Minuten zu.
Die Sonne geht am 1. um 4 Uhr 34 Minuten auf
und um 7 Uhr 22 Minuten unter.

Bauernregel: Kühler Mai und Regen dazu füllen
dem Bauern Scheune und Truhe.

Im Garten: Bohnen, Gurken und Kürbisse werden
nach den Eisheiligen gesät. Man gieße früh am
Morgen und lockere die Erde mit der Hacke. Die
Kirschbäume schütze man vor Blattläusen.

Im Stall: Das Vieh wird an das grüne Futter ge-
wöhnt; die Schafe sind zu waschen und zu scheren.
Gegen Würmer hilft ein Aufguß von Wermut.

Märkte: am 4. in Münster, am 11. in Göttingen,
am 19. in Überlingen, am 26. in Weißenfels.
Öl, Äpfel und Käse sind zollfrei."""

CATALOGUE = """\
BIBLIOTHÈQUE MUNICIPALE - FONDS ANCIEN

Cote : Ms. 417 (anc. B 32)

Recueil de chansons et de prières,
recopié à Besançon vers 1745.

Papier, 128 feuillets, 210 x 155 mm.
Écriture cursive, deux mains. Reliure
en veau brun, très usée ; le dos a été
refait au XIXe siècle.

F. 1-46 : chansons à boire, sans notes.
F. 47-90 : noëls, dont un en patois.
F. 91-128 : prières du matin et du soir,
suivies d'un remède contre la fièvre.

Provenance : acheté 15 francs, le 7 août
1889, à la vente du curé Lefèvre. Cachet
effacé au feuillet 3. Où était le livre
auparavant ? Nul ne le sait.

Voir aussi : Ms. 420, même écriture."""

RECEIPT = """\
    WARUNG SUMBER REJEKI
    Jl. Pasar Baru No. 27
         Yogyakarta

Tgl 12-08-2019    Jam 07:45
Kasir: Wulan      Nota 0318

Beras 5 kg           62.500
Gula pasir 2 kg      25.000
Minyak goreng        28.750
Telur 1 kg           24.000
Cabai merah           9.500
Tempe 3 bungkus      12.000
Kopi bubuk           15.250
Sabun cuci            6.000

Jumlah              183.000
Tunai               200.000
Kembali              17.000

   Terima kasih, silakan
      datang kembali."""

NOTICE = """\
PENGUMUMAN

Kepada seluruh warga Desa Karangsari

Dengan hormat, kami memberitahukan bahwa
kerja bakti membersihkan saluran air akan
diadakan pada hari Minggu, 21 April 1974,
mulai pukul 06.30 pagi.

Setiap rumah diharapkan mengirim satu orang
dengan membawa cangkul atau sabit. Ibu-ibu
menyiapkan teh dan singkong rebus di balai
desa.

Sesudah itu, pukul 10.00, akan diadakan
rapat tentang perbaikan jembatan. Biaya
seluruhnya Rp 45.000 dan sudah terkumpul
Rp 31.500 dari 63 keluarga.

Atas perhatian dan bantuan Saudara, kami
ucapkan banyak terima kasih.

Kepala Desa, Sastro Wiryono"""

INVENTORY = """\
INVENTORY OF THE SCHOOLHOUSE
taken on 30 June 1894 by order of the vestry

14 benches of oak, good, but for one loose leg
62 slates in wooden frames, nine of them cracked
5 maps on rollers; the map of Africa is torn
1 globe of twelve inches, its stand mended in 1890
3 abacuses, one short of a bead
58 inkwells of stoneware, four without lids
1 hand bell of brass; 2 coal scuttles, rusted

Books: 40 primers, 31 spellers, 22 arithmetics and
6 hymnals. The roof leaks above the north window
and wants about 30 slates before the autumn.

Signed: Edith Farrow, mistress, and John Pell."""

MINUTES_1 = """\
THE FERN AND MOSS CLUB
Minutes of the year 1926

First meeting, 12 January

Present: Miss Ashby in the chair, Mr. Cole,
Dr. Imrie, Mrs. Tandy and eleven members.

The minutes of the last meeting were read
and signed. The treasurer reported a sum of
£18 4s. in hand, and £2 owed to the printer.

Dr. Imrie showed a maidenhair fern which he
had found on the wall of the old bakehouse.
It was agreed that no member should name the
place in print.

Mr. Cole proposed an outing to the waterfall
in April. Carried without a vote against."""

MINUTES_2 = """\
Second meeting, 20 April

Present: Mr. Cole in the chair, Miss Ashby,
Dr. Imrie and eight members. Mrs. Tandy sent
her excuses from Edinburgh.

The outing took place on the 17th in heavy
rain. Nineteen kinds of moss were counted, of
which three are new to our list:

No. 84, on limestone by the upper bridge
No. 85, on rotten alder in the wood
No. 86, on the slate roof of the inn

The cost of the hired bus was £1 15s. The
driver declined to be made a member."""

MINUTES_3 = """\
Third meeting, 9 November

Present: Miss Ashby in the chair and fifteen
members, with four guests.

The secretary read a letter from the Museum,
which offers two glass cases for our dried
plants. The offer was accepted with thanks.

Mrs. Tandy asked for a smaller subscription.
After some debate it was left at 5s. a year;
members under twenty-one shall pay half.

Elected for 1927: Dr. Imrie, chairman; Mrs.
Tandy, treasurer; Miss Ashby, secretary.

The meeting closed at half past nine."""

MINUTES = (MINUTES_1, MINUTES_2, MINUTES_3)
