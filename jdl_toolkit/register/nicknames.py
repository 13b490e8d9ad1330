"""English forenames and their short forms: which ones may name the same person.

Each line is one group; its first name stands for all. A short form that serves several names (Alex, Sam, Chris) puts
these names into one group: whether two of them fit is then for the other columns to say, sex among them.
Compiled for this toolkit from common usage in England and Wales; add to it freely, order does not matter.
"""

from __future__ import annotations

_GROUPS = """
abdul abdal abdel
abigail abi abbie abby gail
abraham abe ebrahim ibrahim
adam ad
adrian ade
agnes aggie
albert al bert bertie alan allan allen alun
alexander alex alec alexandra alexa alexis ali sandy sasha xander lex alastair alasdair alistair
alfred alf alfie fred freddie freddy frederick frederic
alice ali ally
amanda mandy
amelia amy millie milly emily em
andrew andy drew andre andrea andreas
angela angie ange
anne ann anna annie anita hannah nan nancy annette
anthony tony antony anton antonio
archibald archie
arthur art
ashley ash
barbara babs barb
barnaby barney
barry baz bazza
beatrice bea beattie
benjamin ben benny benji
bernard bernie bernadette
beverley bev beverly
bradley brad
brendan bren brandon
brian bryan bri
bridget bridie biddy
bruce brucie
callum calum cal
cameron cam
carl karl
caroline carol carole carrie carolyn
catherine cath cathy kate katie katy kathryn katherine kathleen kath kathy kat kit kitty cat catrina katrina kay
cecilia celia cissie
charles charlie chas chuck chaz charlotte lottie lotte
chelsea chels
christopher chris kris christian christine christina chrissie christy tina kirsty kristina topher kit
clifford cliff
clive
colin col
connor conor con
constance connie
craig
cynthia cindy
damian damien
daniel dan danny danielle dani
darren daz daren darrell
david dave davey davie dai dafydd
deborah deb debbie debby debra
dean deano
dennis den denny denise
derek del deryck derrick
dominic dom dominick
donald don donny
dorothy dot dottie dolly
douglas doug dougie duggie
duncan dunc
dylan dyl
edward ed eddie eddy ned ted teddy edmund edwin eduard
eileen aileen
eleanor ellie elly nell nellie nora ella ellen helen lena
elizabeth liz lizzie lizzy beth betty bess bessie eliza elsie libby lisa betsy elisabeth elise
eric rick ricky erik
ernest ernie
esther essie
ethan eth
eugene gene
eve eva evie evelyn
florence flo florrie flossie
frances fran francesca frankie fanny francis frank franklin
gabriel gabe gabrielle gabby
gareth gaz gary garry garth
gavin gav
geoffrey geoff jeff jeffrey jeffery
george georgie georgia georgina
gerald gerry jerry gerard
gertrude gertie trudy
gillian gill jill jilly
gordon gord
graham graeme grahame
grace gracie
gregory greg gregg
gwendoline gwen
harold harry hal henry hank harrison harriet hattie
hayley hailey haley
hassan hasan hussein husain hussain hossein
hubert hugh hugo huw hughie
ian iain
irene rene
isaac ike zac zak zachary zach zack
isabel isabelle isabella bella izzy belle issy
jacob jake jacqueline jackie jacqui
james jim jimmy jamie jem jay
jane janet jan janice janey jean jeanette jenny jennifer jen jenna jennie
jason jase
jasmine jas jaz
jeremy jez jerry jeremiah
jessica jess jessie
joanne jo joanna joan josephine josie jodie jody
john jack jackie johnny jon jonathan johnathan jonny jonno johnnie sean shaun shane
jordan jordy
joseph joe joey jo yusuf yousef youssef josef
joshua josh
judith judy jude
julia julie jules julian juliet juliette
justin just justine
karen kaz karin
keith keef
kelly kel kellie
kenneth ken kenny
kevin kev
kimberley kim kimberly
kieran kieron ciaran keiran
laura lauren lori laurie lawrence laurence larry loz
leonard len lenny leo leon
leslie les lesley
lewis louis lou lew louise louisa luis
lillian lil lily lilian
linda lin lynda lyn lynn lynne lindsay lindsey linsey
lucy luce lucinda lucille
luke luca lucas lukas lukasz
madeleine maddie maddy madeline
malcolm mal malc
margaret maggie meg peggy marge margie rita madge megan peg
maria marie mary molly polly maureen mo marian marion marianne miriam maryam mia
mark marc marcus markus
martin marty martyn
martha marty mattie
matthew matt mathew matty matthias mateusz
maurice mo morris
maximilian max maxwell maxine
melanie mel melissa melinda
mervyn merv
michael mick mike mickey micky mikey michelle shell mitchell mitch micheal michal mikhail
mildred millie
mohammed mohamed muhammad mohammad muhammed mo mohd md mahmoud mahmood mehmet mohamad
natalie nat nathalie natasha tasha natalia
nathan nat nathaniel nate
neil neal niall nigel nige
nicholas nick nicky nicola nicolas nik nikki nichola nicole nico
noel noelle
norman norm
oliver ollie olly olivia liv livvy
oscar osc
owen ewan euan ewen owain
pamela pam pammy
patricia pat patsy trish trisha tricia patrick paddy patty padraig
paul paulie paula pauline pavel pawel
penelope penny pen
peter pete piotr petr
philip phil phillip pip philippa pippa
phoebe phebe
rachel rach rachael raquel
raymond ray
rebecca becky bex becca beck rebekah
reginald reg reggie
rhys reece rees reese
richard dick rich rick ricky richie ritchie dickie ryszard
robert bob bobby rob robbie robin bert bobbie roberta rupert
roderick rod roddy rodney
roger rog rodge
roland rolly rowland
ronald ron ronnie ronny
rosemary rose rosie rosalind rosaleen roz rosa
roy royston
russell russ
ruth ruthie
ryan ry
samuel sam sammy samantha sami
sandra sandy sandie alexandra
sarah sally sal sara sadie zara
scott scotty
sharon shaz shaza
sheila shelagh
sidney sid sydney
simon si simeon
sophia sophie soph sofia
stanley stan stanislaw
stephen steve steven stevie stephan stefan stephanie steph stef
stuart stu stewart
susan sue susie suzy susanne suzanne susanna suzie
sylvia syl silvia
tamara tam tammy tamsin
terence terry terrance teresa theresa tess tessa terri tel
theodore theo ted teddy
thomas tom tommy thom tomasz
timothy tim timmy
tracey tracy trace
trevor trev
tyler ty tyrone
valerie val
vanessa nessa
veronica ronnie
victor vic vick victoria vicky vicki tori vikki
vincent vince vinny vin
virginia ginny ginger
vivian viv vivien vivienne
walter wally walt
warren waz
wayne
wendy wend
william bill billy will willie willy liam wilfred wilf
winifred winnie win freda
yvonne eve
zachariah zach zac zack zak
zoe zoey
"""


def canonical_forms() -> dict[str, str]:
    """Normalised forename -> the name that stands for its group. A name in several groups keeps the first."""
    forms: dict[str, str] = {}
    for group in _GROUPS.split("\n"):
        names = group.split()
        for name in names:
            forms.setdefault(name, names[0])
    return forms
