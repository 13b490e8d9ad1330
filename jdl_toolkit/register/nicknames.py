"""Forenames, their short forms and their forms in other languages: which ones may name the same person.

Each line is one group (a backslash goes on in the next); its first name stands for all. A short form that serves
several names (Alex, Sam, Chris) may stand in two groups; more are not looked at. Compiled for this toolkit from common
usage in England and Wales; add to it freely.
"""

from __future__ import annotations

_GROUPS = """
abdi cabdi abdy
abdirahman abdurrahman abdulrahman cabdiraxmaan
abdul abdal abdel abdool abs abz abdullah cabdul abd
abigail abi abbie abby gail
abraham abe
adam ad adem aadam
adrian ade
agnes aggie
agnieszka aga agnes
ahmed ahmad axmed ahmet ahamed
aisha ayesha aysha
alan al allan allen alun
alastair alasdair alistair
albert al bert bertie
alexander alex alec alexis ali sandy sasha xander lex aleksander aleksandr oleksandr alejandro alessandro alexandre \
iskander sascha
alexandra alex alexa alexis sandra sasha lexi aleksandra ola oleksandra aleksandrina
alfred alf alfie fred
ali cali aly alee
alice ali ally
amanda mandy
amelia amy millie milly
amin ameen
amina aminah aamina
anastasia anastasiya anastasija nastia
andrea andy andie
andrew andy drew andre andreas andrzej andrei andrey andriy andreea ondrej
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
bilal billal
bradley brad
brendan bren brandon
brian bryan bri
bridget bridie biddy
bruce brucie
callum calum cal
cameron cam
carl karl
caroline carol carole carrie carolyn caz
catherine cath cathy kate katie katy kathryn katherine kathy kat kit kitty cat katarzyna kasia ekaterina kateryna \
catarina caterina katerina catalina cathryn
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
constantine konstantinos kostas konstantin costin
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
dmitri dmitry dmytro dimitri dimitrios dimitar dmitrij dmitriy
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
ellen nell helen lena elena olena yelena
emily em emmy
emmanuel manny emanuel
eric erik rick ricky
ernest ernie
esther essie
ethan eth
eugene gene evgeny yevgeny evgeni yevhen evgeniy evgenii yevgeni yevgeniy yevgenii yevheniy yevhenii
eve eva evie evelyn
ewan euan ewen
faisal faysal feisal
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
george georgie jerzy georgios giorgos yorgos gheorghe georgi
georgia georgie georgina gina
gerald gerry jerry gerard
gertrude gertie trudy
gillian gill jill jilly
gordon gord
grace gracie
graham graeme grahame gray
gregory greg gregg grzegorz grigore
gwendoline gwen
hamza hamzah
hannah hanna annie han
harold harry hal
harriet hattie
hassan hasan xasan hasaan
hayley hailey haley
henry harry hank hal
hugh hugo huw hughie
hussein husain hussain hossein hossain xuseen hussien huseyin husayn husein
ian iain
ibrahim ebrahim ibraheem
idris idrees
irene rene
isaac ike zac zak
isabel isabelle isabella bella izzy belle issy
ismail ismael esmail
jacob jake
jacqueline jackie jacqui jaqueline
jamal gamal jamaal
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
john jack johnny jon ioannis yiannis johannes
jonathan jon johnathan jonny jonno johnnie
jordan jordy
joseph joe joey yusuf yousef youssef josef yousuf yusef yousaf jozef yosef
josephine jo josie
joshua josh
judith judy jude
julia julie jules yulia yuliya iuliia julija
julian jules
juliet juliette
justin just justine
karen kaz karin
karim kareem
kathleen kath kathy
katrina catrina kat
keith keef
kelly kel kellie
kenneth ken kenny
kevin kev
khadija khadijah khadeja
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
lukman luqman
madeleine maddie maddy madeline
magdalena magda
mahmoud mahmood mehmood mahmud
malcolm mal malc
malik maalik
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
michael mick mike mickey micky mikey micheal michal mikhail mykhailo mihai miguel michel
michelle shell
mildred millie
miriam maryam mariam
mitchell mitch
mohammed mohamed muhammad mohammad muhammed mo mohd md mohamad mohamud mahamud maxamed mahomed mehmood mohamet \
mouhamed mahammed mohammod
mustafa mostafa mustapha
nasir naser nasser
natalie nat nathalie natasha tasha natalia natalya nataliya nataliia
nathan nat nathaniel nate
neil neal niall
nicholas nick nicky nicolas nik nico nikolai nikolay mykola nikolaos niko
nicola nick nicky nikki nichola nicole
nigel nige
noel noelle
noor nur noora
norman norm
olga olha
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
rashid rasheed rachid
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
saeed said sayeed
salim saleem selim
samantha sam sammy sami
samuel sam sammy
sandra sandy sandie alexandra
sarah sally sal sara sadie zara
scott scotty
sean shaun shane
sergei sergey serhiy sergiu sergio
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
suleiman sulaiman suleyman soleman
susan sue susie suzy susanne suzanne susanna suzie
sylvia syl silvia
tamara tam tammy tamsin
tariq tarik
tatiana tatyana tetiana tania tanya
terence terry terrance tel terri
teresa theresa tess tessa terri terry
theodore theo ted teddy
thomas tom tommy thom tomasz
timothy tim timmy
tracey tracy trace
trevor trev
tyler ty
tyrone ty
usama osama
valerie val
vanessa nessa
vasily vasile vasyl vasil
veronica ronnie
victor vic vick viktor wiktor
victoria vic vicky vicki tori vikki
vincent vince vinny vin
virginia ginny ginger
vivian viv vivien vivienne
vladimir volodymyr wlodzimierz vlad
waleed walid
walter wally walt
warren waz
wendy wend
william bill billy will willie willy liam wilfred wilf
winifred winnie win freda
wojciech wojtek
yahya yehia
yasir yasser
yasmin yasmeen jasmin
yuri yury iurii yuriy
yvonne eve
zachary zac zach zack zak zachariah
zainab zaynab
zakaria zakariya zakariyya
zoe zoey
"""


def canonical_forms() -> dict[str, tuple[str, str | None]]:
    """Normalised forename -> the names that stand for its first and for its second group."""
    forms: dict[str, list[str]] = {}
    for group in _GROUPS.strip().split("\n"):
        for name in group.split():
            forms.setdefault(name, []).append(group.split()[0])
    return {name: (first, rest[0] if rest else None) for name, (first, *rest) in forms.items()}
