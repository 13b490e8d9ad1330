"""English forenames and their short forms: which ones may name the same person.

Each line is one group; its first name stands for all. A short form that serves several names (Alex, Sam, Chris) may
stand in two groups; more are not looked at. Compiled for this toolkit from common usage in England and Wales; add to
it freely.
"""

from __future__ import annotations

_GROUPS = """
abdul abdal abdel abdool
abigail abi abbie abby gail
abraham abe
adam ad
adrian ade
agnes aggie
agnieszka aga agnes
ahmed ahmad
aisha ayesha aysha
alan al allan allen alun
albert al bert bertie
alexander alex alec alexis ali sandy sasha xander lex aleksander
alastair alasdair alistair
alexandra alex alexa alexis sandra sasha lexi aleksandra ola
alfred alf alfie fred
alice ali ally
amanda mandy
amelia amy millie milly
andrea andy andie
andrew andy drew andre andreas andrzej
angela angie ange
anne ann anna annie anita nan nancy annette
anthony tony antony ant anton antonio
antonia toni tony
archibald archie
arthur art
ashley ash
barbara babs barb
barnaby barney
barry baz bazza
beatrice bea beattie
benjamin ben benny benji
bernard bernie bernadette
bethany beth
beverley bev beverly
bradley brad
brendan bren brandon
brian bryan bri
bridget bridie biddy
bruce brucie
callum calum cal
cameron cam
carl karl
caroline carol carole carrie carolyn caz
catherine cath cathy kate katie katy kathryn katherine kathy kat kit kitty cat katarzyna kasia
cecilia celia cissie
charles charlie chas chuck chaz
charlotte charlie lottie lotte
chelsea chels
christine chris christina chrissie christy tina kirsty kristina krystyna
christopher chris kris christian topher kit krzysztof
chukwuemeka emeka
clifford cliff
colin col
connor conor con
constance connie
cynthia cindy
damian damien
daniel dan danny
danielle dani danni danny daniela
darren daz daren darrell
david dave davey davie dai dafydd
dean deano
deborah deb debbie debby debra
denise den dee
dennis den denny
derek del deryck derrick
desmond des
dominic dom dominick
donald don donny
dorothy dot dottie dolly
douglas doug dougie duggie
duncan dunc
dylan dyl
edmund ned
edward ed eddie eddy ned ted teddy eduard
edwin ed eddie
eileen aileen
eleanor ellie elly nell nellie nora elinor
elizabeth liz lizzie lizzy beth betty bess bessie eliza elsie libby lisa betsy elisabeth elise
ella ellie
ellen nell helen lena
emily em emmy
emmanuel manny emanuel
eric erik rick ricky
ernest ernie
esther essie
ethan eth
eugene gene
eve eva evie evelyn
ewan euan ewen
fatima fatimah fatema
florence flo florrie flossie
frances fran francesca frankie fanny
francis frank frankie franklin fran
frederick fred freddie freddy frederic
gabriel gabe
gabrielle gabby gabi
gareth gaz garth
gary gaz garry
gavin gav
gemma gem
geoffrey geoff jeff jeffrey jeffery
george georgie
georgia georgie georgina gina
gerald gerry jerry gerard
gertrude gertie trudy
gillian gill jill jilly
gordon gord
grace gracie
graham graeme grahame gray
gregory greg gregg
gwendoline gwen
hannah hanna annie han
harold harry hal
harriet hattie
hassan hasan
hayley hailey haley
henry harry hank hal
hugh hugo huw hughie
hussein husain hussain hossein hossain
ian iain
ibrahim ebrahim
irene rene
isaac ike zac zak
isabel isabelle isabella bella izzy belle issy
jacob jake
jacqueline jackie jacqui jaqueline
james jim jimmy jamie jem jay
jane janey jayne
janet jan
janice jan
jasmine jas jaz
jason jase
jean jeanette jeannie
jennifer jen jenny jenna jennie
jeremy jez jerry jeremiah
jessica jess jessie
joan joanie
joanne jo joanna
jodie jody
john jack johnny jon
sean shaun shane
jonathan jon johnathan jonny jonno johnnie
jordan jordy
joseph joe joey yusuf yousef youssef josef yousuf yusef yousaf
josephine jo josie
joshua josh
judith judy jude
julia julie jules
julian jules
juliet juliette
justin just justine
karen kaz karin
kathleen kath kathy
katrina catrina kat
keith keef
kelly kel kellie
kenneth ken kenny
kevin kev
khalid khaled
kieran kieron ciaran keiran
kimberley kim kimberly
laura lauren lori laurie loz
lawrence laurence larry laurie loz
leanne lea leann
leonard len lenny leo leon
leslie les lesley
lewis louis lou lew luis
lillian lil lily lilian
linda lin lynda lyn lynn lynne
lindsay linds lindsey linsey
louise louisa lou
lucy luce lucinda lucille
luke luca lucas lukas lukasz
madeleine maddie maddy madeline
magdalena magda
mahmoud mahmood mehmood mahmud
malcolm mal malc
margaret maggie meg peggy marge margie rita madge peg malgorzata gosia
maria marie mary molly polly mia
marian marion marianne
mark marc marcus markus
martha marty mattie
martin marty martyn
matthew matt mathew matty matthias mateusz
maurice mo morris
maximilian max maxwell
maxine max
megan meg
mehmet mehmed
melanie mel
melinda mindy
melissa mel
mervyn merv
michael mick mike mickey micky mikey micheal michal mikhail
michelle shell
mildred millie
miriam maryam mariam
mitchell mitch
mohammed mohamed muhammad mohammad muhammed mo mohd md mohamad mohamud mahamud
mustafa mostafa mustapha
natalie nat nathalie natasha tasha natalia
nathan nat nathaniel nate
neil neal niall
nicholas nick nicky nicolas nik nico
nicola nick nicky nikki nichola nicole
nigel nige
noel noelle
norman norm
oliver ollie olly
olivia liv livvy ollie
oluwaseun seun
omar umar omer
oscar osc
osman usman uthman
owen owain
pamela pam pammy
patricia pat patsy trish trisha tricia
patrick pat paddy patty padraig
paul pavel pawel
paula pauline paulie
penelope penny pen
peter pete piotr petr
philip phil phillip pip
philippa pippa phil
phoebe phebe
rachel rach rachael raquel
raymond ray
rebecca becky bex becca beck rebekah
reginald reg reggie
rhys reece rees reese
richard dick rich rick ricky richie ritchie dickie ryszard
robert bob bobby rob robbie robin bert bobbie
roberta bobbie
roderick rod roddy
rodney rod
roger rog rodge
roland rolly rowland
ronald ron ronnie ronny
rosalind rosaleen ros roz rosie
rosemary rose rosie rosa
roy royston
rupert roo
russell russ
ruth ruthie
ryan ry
samantha sam sammy sami
samuel sam sammy
sandra sandy sandie alexandra
sarah sally sal sara sadie zara
scott scotty
sharon shaz shaza
sheikh shaikh
sheila shelagh
sidney sid sydney
simon si simeon
sophia sophie soph sofia
stanley stan stanislaw
stephanie steph stevie stef
stephen steve steven stevie stephan stefan
stuart stu stewart
susan sue susie suzy susanne suzanne susanna suzie
sylvia syl silvia
tamara tam tammy tamsin
tariq tarik
terence terry terrance tel terri
teresa theresa tess tessa terri terry
theodore theo ted teddy
thomas tom tommy thom tomasz
timothy tim timmy
tracey tracy trace
trevor trev
tyler ty
tyrone ty
valerie val
vanessa nessa
veronica ronnie
victor vic vick viktor wiktor
victoria vic vicky vicki tori vikki
vincent vince vinny vin
virginia ginny ginger
vivian viv vivien vivienne
walter wally walt
warren waz
wendy wend
william bill billy will willie willy liam wilfred wilf
winifred winnie win freda
yasmin yasmeen jasmin
yvonne eve
zachary zac zach zack zak zachariah
zainab zaynab
zoe zoey
"""


def canonical_forms() -> dict[str, tuple[str, str | None]]:
    """Normalised forename -> the names that stand for its first and for its second group."""
    forms: dict[str, list[str]] = {}
    for group in _GROUPS.strip().split("\n"):
        for name in group.split():
            forms.setdefault(name, []).append(group.split()[0])
    return {name: (first, rest[0] if rest else None) for name, (first, *rest) in forms.items()}
